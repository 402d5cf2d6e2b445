using System.Collections.Immutable;
using System.Reflection;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Catalogue;

/// <summary>The models that are known by name.</summary>
public sealed class ModelCatalogue
{
    private const string ResourcePrefix = "models/";
    private const int SuggestedNames = 3;

    private static readonly Lazy<ModelCatalogue> LazyBuiltIn = new(LoadBuiltIn);

    private readonly ImmutableSortedDictionary<string, CatalogueEntry> _entries;

    /// <summary>Makes a catalogue.</summary>
    /// <exception cref="CheckpointException">Two entries have one name.</exception>
    public ModelCatalogue(IEnumerable<CatalogueEntry> entries)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<string, CatalogueEntry>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            if (!builder.TryAdd(entry.Name, entry))
            {
                throw new CheckpointException($"catalogue entry '{entry.Name}'", "comes twice.", "Give each entry a name of its own.");
            }
        }

        _entries = builder.ToImmutable();
    }

    /// <summary>The entries of <c>models/*.json</c>, which are part of this assembly.</summary>
    public static ModelCatalogue BuiltIn => LazyBuiltIn.Value;

    /// <summary>All entries by name.</summary>
    public IEnumerable<CatalogueEntry> Entries => _entries.Values;

    /// <summary>The entry of a name, whatever its case; null if there is none.</summary>
    public CatalogueEntry? Find(string name) => _entries.GetValueOrDefault(name);

    /// <summary>The entry whose configuration comes from a Hugging Face repository; null if there is none.</summary>
    public CatalogueEntry? FindSource(string repository) =>
        Entries.FirstOrDefault(entry => string.Equals(entry.Source, repository, StringComparison.OrdinalIgnoreCase));

    /// <summary>Names that someone may have meant, the likeliest first; none if nothing is close.</summary>
    public ImmutableArray<string> Suggest(string name)
    {
        var wanted = name.ToLowerInvariant();
        return
        [
            .. _entries.Keys
                .Select(known => (Name: known, Distance: Distance(wanted, known)))
                .Where(candidate => candidate.Distance <= Math.Max(2, wanted.Length / 3))
                .OrderBy(candidate => candidate.Distance)
                .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
                .Take(SuggestedNames)
                .Select(candidate => candidate.Name),
        ];
    }

    private static ModelCatalogue LoadBuiltIn()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var entries = new List<CatalogueEntry>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (resource.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            {
                using var stream = assembly.GetManifestResourceStream(resource)!;
                var json = new byte[stream.Length];
                stream.ReadExactly(json);
                entries.Add(CatalogueEntry.Parse(json, resource));
            }
        }

        return new ModelCatalogue(entries);
    }

    // Levenshtein's distance; names are short, and so is what is compared of longer input.
    private static int Distance(string a, string b)
    {
        const int Compared = 100;
        var left = a.AsSpan(0, Math.Min(a.Length, Compared));
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (left[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
