namespace EdgeFleet.Models.Artifacts;

/// <summary>What the host puts into a graph input.</summary>
public enum InputRole
{
    /// <summary>Token ids of this call, [batch, tokens].</summary>
    TokenIds,

    /// <summary>Positions of this call that get logits, [positions], each in 0 .. tokens - 1.</summary>
    LogitsIndices,

    /// <summary>Tokens already in the state, [1], on the host.</summary>
    PastLength,

    /// <summary>Past and new tokens together, a scalar on the host.</summary>
    TotalLength,

    /// <summary>Per row: past and new tokens together minus one, [batch].</summary>
    LastPositions,

    /// <summary>Position of each token of this call, [batch, tokens].</summary>
    PositionIds,

    /// <summary>Ones for past and new tokens, [batch, past + tokens].</summary>
    AttentionMask,

    /// <summary>A cosine table of <see cref="ArtifactManifest.Rotary"/>.</summary>
    RotaryCos,

    /// <summary>A sine table of <see cref="ArtifactManifest.Rotary"/>.</summary>
    RotarySin,
}
