namespace EdgeFleet.Agent.Engine;

/// <summary>What the measuring engine drives: one decoder with its state, prepared for one scenario.</summary>
internal interface IDecoderUnderTest
{
    /// <summary>Brings the state to the scenario's depth: zeroes it and prefills the depth. Never timed.</summary>
    void Prepare(CancellationToken cancellation);

    /// <summary>Runs the prompt; returns when the first generated id of every sequence is on the host.</summary>
    /// <param name="cancellation">Checked between chunks.</param>
    /// <returns>One id per sequence, valid until the next call.</returns>
    ReadOnlySpan<long> Prefill(CancellationToken cancellation);

    /// <summary>Feeds the ids that were generated last and returns the next.</summary>
    ReadOnlySpan<long> Step();
}
