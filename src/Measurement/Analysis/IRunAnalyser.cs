namespace EdgeFleet.Measurement.Analysis;

/// <summary>Looks at the times of a run for one thing that a reader of its result must know.</summary>
public interface IRunAnalyser
{
    /// <summary>What is to be said; null where all is well.</summary>
    RunObservation? Analyse(RunSamples samples);
}
