namespace EdgeFleet.Agent.Output;

/// <summary>Energy of one phase of one run.</summary>
/// <param name="Phase"><c>load</c>, <c>prefill</c> or <c>decode</c>.</param>
/// <param name="GrossJoules">Integral of power; null where it is unavailable.</param>
/// <param name="NetJoules">Gross less idle power times duration; null where it is unavailable or idle power is not known.</param>
/// <param name="UncertaintyJoules">Half width of the 95 % interval of the gross value from sampling and resolution.</param>
/// <param name="Tokens">Tokens that the phase processed, of all sequences: the prompts', or one fewer than the generated; null of a load.</param>
/// <param name="Source"><c>ina3221</c>, <c>nvml</c> or <c>rapl</c>; empty for none.</param>
/// <param name="Rail">What was read.</param>
/// <param name="Unavailable">Why there is no value; empty where there is one.</param>
internal sealed record EnergyRow(
    string Phase, double? GrossJoules, double? NetJoules, double? UncertaintyJoules, long? Tokens, string Source, string Rail, string Unavailable)
{
    /// <summary>Gross energy of a token.</summary>
    public double? GrossJoulesPerToken => GrossJoules / Tokens;

    /// <summary>Energy of a token beyond the idle level.</summary>
    public double? NetJoulesPerToken => NetJoules / Tokens;

    /// <summary>Half width of the 95 % interval of the gross energy of a token.</summary>
    public double? UncertaintyJoulesPerToken => UncertaintyJoules / Tokens;
}
