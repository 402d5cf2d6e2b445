using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace EdgeFleet.Models.Artifacts;

/// <summary>Reads and writes <see cref="ArtifactManifest"/> as JSON.</summary>
public static class ArtifactJson
{
    /// <summary>Name of the manifest in an artifact's directory.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Largest manifest that is read, in bytes.</summary>
    public const int MaximumBytes = 64 << 20;

    private static readonly ArtifactJsonContext Indented = new(
        new JsonSerializerOptions(ArtifactJsonContext.Default.Options) { WriteIndented = true, NewLine = "\n" });

    /// <summary>The canonical form: compact UTF-8, members in the order of the schema.</summary>
    public static byte[] Canonical(ArtifactManifest manifest) =>
        JsonSerializer.SerializeToUtf8Bytes(manifest, ArtifactJsonContext.Default.ArtifactManifest);

    /// <summary>The artifact's id: lower-case hex SHA-256 of the canonical form.</summary>
    public static string Identity(ArtifactManifest manifest) => Convert.ToHexStringLower(SHA256.HashData(Canonical(manifest)));

    /// <summary>The form that is written to disk: indented, ending in a line feed.</summary>
    public static byte[] Document(ArtifactManifest manifest) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(manifest, Indented.ArtifactManifest), (byte)'\n'];

    /// <summary>Parses a manifest.</summary>
    /// <param name="document">UTF-8 JSON.</param>
    /// <param name="where">Names the document in errors, e.g. its path.</param>
    /// <exception cref="InvalidDataException">Not a manifest, or one of a newer schema.</exception>
    public static ArtifactManifest Parse(ReadOnlySpan<byte> document, string where)
    {
        if (document.Length > MaximumBytes)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{where}: a manifest has at most {MaximumBytes} bytes, this one {document.Length}."));
        }

        RefuseNewerSchema(document, where);
        try
        {
            return JsonSerializer.Deserialize(document, ArtifactJsonContext.Default.ArtifactManifest)
                ?? throw new InvalidDataException($"{where}: the manifest is null; expected an object.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{where}: not a manifest: {exception.Message}", exception);
        }
    }

    // A newer schema may have members that this one lacks: its version is read first, so that the error says what is wrong.
    private static void RefuseNewerSchema(ReadOnlySpan<byte> document, string where)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("schema"u8)
                    && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var schema)
                    && schema is < 1 or > ArtifactManifest.CurrentSchema)
                {
                    throw new InvalidDataException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{where}: manifest schema {schema}; this program reads 1 to {ArtifactManifest.CurrentSchema}. Update the program."));
                }
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{where}: not JSON: {exception.Message}", exception);
        }
    }
}
