namespace EdgeFleet.Measurement.Answers;

/// <summary>What one chooses between: a model in a precision on a provider.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Family"><c>transformer</c>, <c>ssm</c> or <c>hybrid</c>.</param>
/// <param name="Precision">Precision as named, e.g. <c>int4</c>.</param>
/// <param name="Provider">Where it is executed, e.g. <c>cpu</c>.</param>
/// <param name="Weights"><c>random</c>, <c>checkpoint</c> or <c>foreign</c>.</param>
/// <param name="RuntimePack">Id of the runtime pack; empty where it is not recorded.</param>
public sealed record Candidate(string Model, string Family, string Precision, string Provider, string Weights, string RuntimePack)
{
    /// <summary>Name that tells the candidate from others: only what differs among them is added to the model's name.</summary>
    /// <param name="among">All candidates, this one included.</param>
    public string Label(IReadOnlyCollection<Candidate> among)
    {
        var label = Model;
        if (among.Any(other => other.Precision != Precision)) label += " " + Precision;
        if (among.Any(other => other.Provider != Provider)) label += " " + Provider;
        if (among.Any(other => other.Model == Model && other.Weights != Weights)) label += $" ({Weights} weights)";
        if (among.Any(other => other.RuntimePack != RuntimePack)) label += $" [{Short(RuntimePack)}]";
        return label;
    }

    private static string Short(string id) => id.Length == 0 ? "pack not recorded" : id.Length > 20 ? id[..10] : id;
}
