using System.Text.Json;

namespace EdgeFleet.Measurement.Results;

/// <summary>Fields of a JSON object from outside: each is checked, and an error names it.</summary>
internal readonly struct ResultFields
{
    private const int LongestText = 4096;
    private readonly JsonElement element;
    private readonly string path;

    public ResultFields(JsonElement element, string path = "")
    {
        if (element.ValueKind != JsonValueKind.Object) throw new InvalidDataException(path.Length == 0 ? "is not a JSON object" : $"'{path}' is not an object");
        this.element = element;
        this.path = path;
    }

    public bool Has(string name) => Find(name) is not null;

    public string Text(string name) => OptionalText(name) ?? throw Missing(name);

    public string? OptionalText(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value when value.GetString() is { Length: <= LongestText } text => text,
        _ => throw new InvalidDataException($"'{Path(name)}' is not a text of at most {LongestText} characters"),
    };

    public int Whole(string name) => OptionalWhole(name) ?? throw Missing(name);

    public int? OptionalWhole(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= 0 => number,
        _ => throw new InvalidDataException($"'{Path(name)}' is not a whole number from 0 to {int.MaxValue}"),
    };

    /// <summary>A finite number above 0; null where it is absent.</summary>
    public double? Positive(string name) => Find(name) is { } value ? Positive(value, Path(name)) : null;

    /// <summary>A finite number; null where it is absent.</summary>
    public double? Number(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : throw new InvalidDataException($"'{Path(name)}' is not a finite number");

    /// <summary>A number from 0 to 1.</summary>
    public double Share(string name) => Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && number is >= 0 and <= 1
        ? number
        : throw new InvalidDataException($"'{Path(name)}' is not a number from 0 to 1");

    public double[] Numbers(string name) => [.. Items(name).Select(item => Positive(item.Value, item.At))];

    public ResultFields[] Objects(string name) => [.. Items(name).Select(item => new ResultFields(item.Value, item.At))];

    public ResultFields? Object(string name) => Find(name) is { } value ? new ResultFields(value, Path(name)) : null;

    public string[] Texts(string name) =>
    [
        .. Items(name).Select(item => item.Value.ValueKind == JsonValueKind.String
            ? item.Value.GetString()!
            : throw new InvalidDataException($"'{item.At}' is not a text")),
    ];

    /// <summary>All text fields of this object.</summary>
    public IEnumerable<KeyValuePair<string, string>> AllTexts()
    {
        foreach (var field in element.EnumerateObject())
        {
            if (field.Value.ValueKind != JsonValueKind.String) throw new InvalidDataException($"'{Path(field.Name)}' is not a text");
            yield return KeyValuePair.Create(field.Name, field.Value.GetString()!);
        }
    }

    private static double Positive(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number > 0
            ? number
            : throw new InvalidDataException($"'{at}' is not a number above 0");

    private IEnumerable<(JsonElement Value, string At)> Items(string name)
    {
        if (Find(name) is not { } array) return [];
        var at = Path(name);
        return array.ValueKind == JsonValueKind.Array
            ? array.EnumerateArray().Select((item, index) => (item, $"{at}[{index}]"))
            : throw new InvalidDataException($"'{at}' is not a list");
    }

    private JsonElement? Find(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private InvalidDataException Missing(string name) => new($"has no field '{Path(name)}'");

    private string Path(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
