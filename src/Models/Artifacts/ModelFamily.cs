namespace EdgeFleet.Models.Artifacts;

/// <summary>Families of language models that EdgeFleet compares.</summary>
public enum ModelFamily
{
    /// <summary>Attention in every layer.</summary>
    Transformer,

    /// <summary>State space layers only.</summary>
    Ssm,

    /// <summary>Both.</summary>
    Hybrid,
}
