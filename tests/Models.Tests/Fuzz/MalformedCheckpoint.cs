namespace EdgeFleet.Models.Tests.Fuzz;

/// <summary>A checkpoint that must be refused.</summary>
/// <param name="What">What is wrong with it.</param>
/// <param name="Config">Content of <c>config.json</c>.</param>
/// <param name="Weights">Content of <c>model.safetensors</c>.</param>
internal sealed record MalformedCheckpoint(string What, byte[] Config, byte[] Weights);
