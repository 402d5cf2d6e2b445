namespace EdgeFleet.Measurement.Energy;

/// <summary>Energy of a span of time from samples of a sensor (docs/measurement.md, energy).</summary>
/// <param name="Joules">The energy.</param>
/// <param name="StandardError">Standard error from sampling and resolution, in joules; the sensor's own accuracy is not in it.</param>
/// <param name="Samples">Samples within the span.</param>
public readonly record struct EnergyEstimate(double Joules, double StandardError, int Samples)
{
    private const double Normal95 = 1.96;

    /// <summary>Half width of the 95 % interval.</summary>
    public double HalfWidth95 => Normal95 * StandardError;

    /// <summary>The energy of two spans together, whose errors are independent.</summary>
    public static EnergyEstimate operator +(EnergyEstimate left, EnergyEstimate right) => Add(left, right);

    /// <summary>The energy of a span without that of another, whose errors are independent.</summary>
    public static EnergyEstimate operator -(EnergyEstimate left, EnergyEstimate right) => Subtract(left, right);

    /// <summary>A share of the energy.</summary>
    public static EnergyEstimate operator /(EnergyEstimate whole, double parts) => Divide(whole, parts);

    /// <inheritdoc cref="op_Addition"/>
    public static EnergyEstimate Add(EnergyEstimate left, EnergyEstimate right) =>
        new(left.Joules + right.Joules, Math.Sqrt(Square(left.StandardError) + Square(right.StandardError)), left.Samples + right.Samples);

    /// <inheritdoc cref="op_Subtraction"/>
    public static EnergyEstimate Subtract(EnergyEstimate left, EnergyEstimate right) =>
        new(left.Joules - right.Joules, Math.Sqrt(Square(left.StandardError) + Square(right.StandardError)), left.Samples + right.Samples);

    /// <inheritdoc cref="op_Division"/>
    public static EnergyEstimate Divide(EnergyEstimate whole, double parts) => whole with { Joules = whole.Joules / parts, StandardError = whole.StandardError / parts };

    private static double Square(double value) => value * value;
}
