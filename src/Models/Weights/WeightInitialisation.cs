namespace EdgeFleet.Models.Weights;

/// <summary>How a random tensor's values are made.</summary>
public abstract record WeightInitialisation
{
    private WeightInitialisation()
    {
    }

    /// <summary>All zeros.</summary>
    public static WeightInitialisation Zeros { get; } = new Constant(0);

    /// <summary>All ones.</summary>
    public static WeightInitialisation Ones { get; } = new Constant(1);

    /// <summary>Normally distributed with variance gain^2 / fan-in, which keeps the scale of activations through a projection.</summary>
    /// <param name="fanIn">Inputs that each output sums.</param>
    /// <param name="gain">Standard deviation of outputs for inputs of standard deviation 1.</param>
    public static WeightInitialisation FanIn(long fanIn, double gain = 1) => new Normal(gain / Math.Sqrt(fanIn));

    /// <summary>One value everywhere.</summary>
    /// <param name="Value">The value.</param>
    public sealed record Constant(float Value) : WeightInitialisation;

    /// <summary>Close to normal, mean 0 (the sum of four uniform numbers, so bounded by 3.5 standard deviations).</summary>
    /// <param name="StandardDeviation">Standard deviation.</param>
    public sealed record Normal(double StandardDeviation) : WeightInitialisation;

    /// <summary>Uniform between plus and minus <paramref name="Limit"/>.</summary>
    /// <param name="Limit">Greatest magnitude.</param>
    public sealed record Uniform(double Limit) : WeightInitialisation;

    /// <summary><c>log(1 + column)</c>: Mamba-1's <c>A_log</c>, the S4D-real spectrum (state-spaces/mamba, mamba_simple.py).</summary>
    public sealed record LogOfColumn : WeightInitialisation;

    /// <summary>Logarithm of a uniform number: Mamba-2's <c>A_log</c> with 1 to 16 (state-spaces/mamba, mamba2.py).</summary>
    /// <param name="Minimum">Least number, greater than 0.</param>
    /// <param name="Maximum">Greatest number.</param>
    public sealed record LogOfUniform(double Minimum, double Maximum) : WeightInitialisation;

    /// <summary>
    /// Inverse softplus of a time step that is uniform in its logarithm: bias of dt in Mamba-1 and 2 (state-spaces/mamba).
    /// </summary>
    /// <param name="Minimum">Least time step.</param>
    /// <param name="Maximum">Greatest time step.</param>
    /// <param name="Floor">Time steps below are raised to this.</param>
    public sealed record TimeStepBias(double Minimum = 0.001, double Maximum = 0.1, double Floor = 1e-4) : WeightInitialisation;
}
