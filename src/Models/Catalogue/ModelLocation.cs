namespace EdgeFleet.Models.Catalogue;

/// <summary>What a model's name or path turned out to be.</summary>
public abstract record ModelLocation
{
    private ModelLocation()
    {
    }

    /// <summary>What results call the model.</summary>
    public abstract string Name { get; }

    /// <summary>A catalogue entry, to be filled with random weights.</summary>
    /// <param name="Entry">The entry.</param>
    public sealed record FromCatalogue(CatalogueEntry Entry) : ModelLocation
    {
        /// <inheritdoc/>
        public override string Name => Entry.Name;
    }

    /// <summary>A checkpoint: <c>config.json</c> and safetensors.</summary>
    /// <param name="Directory">Its directory, absolute.</param>
    /// <param name="Repository"><c>org/name</c> where it was found in the Hugging Face cache by that name, else null.</param>
    public sealed record Checkpoint(string Directory, string? Repository) : ModelLocation
    {
        /// <inheritdoc/>
        public override string Name => Repository ?? Path.GetFileName(Directory);
    }

    /// <summary>An artifact of EdgeFleet: <c>manifest.json</c>.</summary>
    /// <param name="Directory">Its directory, absolute.</param>
    public sealed record Artifact(string Directory) : ModelLocation
    {
        /// <inheritdoc/>
        public override string Name => Path.GetFileName(Directory);
    }

    /// <summary>A decoder that other tools exported: <c>genai_config.json</c>, or ONNX files beside a <c>config.json</c>.</summary>
    /// <param name="Directory">Its directory, absolute.</param>
    public sealed record Foreign(string Directory) : ModelLocation
    {
        /// <inheritdoc/>
        public override string Name => Path.GetFileName(Directory);
    }
}
