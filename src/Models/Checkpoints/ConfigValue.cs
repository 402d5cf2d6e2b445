using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>A value of a configuration, perhaps absent. JSON null counts as absent, as configurations use it so.</summary>
public sealed class ConfigValue
{
    private const int ShownCharacters = 80;

    private readonly JsonElement _value;

    internal ConfigValue(string location, string key, JsonElement value)
    {
        Location = location;
        Key = key;
        _value = value;
    }

    /// <summary>The file, or what else the configuration came from.</summary>
    public string Location { get; }

    /// <summary>Path of the key, e.g. <c>rope_scaling.factor</c> or <c>time_step_limit[1]</c>.</summary>
    public string Key { get; }

    /// <summary>Whether the key is there and not null.</summary>
    public bool IsPresent => _value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>Whether it is a string.</summary>
    public bool IsText => _value.ValueKind == JsonValueKind.String;

    /// <summary>Whether it is an array.</summary>
    public bool IsArray => _value.ValueKind == JsonValueKind.Array;

    /// <summary>Whether it is an object.</summary>
    public bool IsSection => _value.ValueKind == JsonValueKind.Object;

    /// <summary>A required whole number within bounds.</summary>
    /// <exception cref="CheckpointException">It is absent, no whole number, or out of bounds.</exception>
    public int Int(int minimum, int maximum)
    {
        // Python writes some whole numbers as floats.
        if (_value.ValueKind == JsonValueKind.Number
            && _value.TryGetDouble(out var number) && Math.Floor(number) == number && number >= minimum && number <= maximum)
        {
            return (int)number;
        }

        throw Error(string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"));
    }

    /// <summary>A whole number within bounds, or <paramref name="fallback"/> when absent.</summary>
    public int Int(int minimum, int maximum, int fallback) => IsPresent ? Int(minimum, maximum) : fallback;

    /// <summary>A whole number within bounds, or null when absent.</summary>
    public int? IntOrNull(int minimum, int maximum) => IsPresent ? Int(minimum, maximum) : null;

    /// <summary>A required number within bounds; infinities only if a bound is infinite.</summary>
    /// <exception cref="CheckpointException">It is absent, no number, or out of bounds.</exception>
    public double Float(double minimum, double maximum)
    {
        if (TryFloat(out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        throw Error(string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"));
    }

    /// <summary>A number within bounds, or <paramref name="fallback"/> when absent.</summary>
    public double Float(double minimum, double maximum, double fallback) => IsPresent ? Float(minimum, maximum) : fallback;

    /// <summary>A number within bounds, or null when absent.</summary>
    public double? FloatOrNull(double minimum, double maximum) => IsPresent ? Float(minimum, maximum) : null;

    /// <summary>A required truth value.</summary>
    /// <exception cref="CheckpointException">It is absent, or no truth value.</exception>
    public bool Bool() => _value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Error("true or false"),
    };

    /// <summary>A truth value, or <paramref name="fallback"/> when absent.</summary>
    public bool Bool(bool fallback) => IsPresent ? Bool() : fallback;

    /// <summary>A required string.</summary>
    /// <exception cref="CheckpointException">It is absent, or no string.</exception>
    public string Text()
    {
        if (_value.ValueKind != JsonValueKind.String)
        {
            throw Error("a string");
        }

        try
        {
            return _value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // An unpaired surrogate, escaped.
            throw Error("a string of valid Unicode", e);
        }
    }

    /// <summary>A string, or <paramref name="fallback"/> when absent.</summary>
    public string Text(string fallback) => IsPresent ? Text() : fallback;

    /// <summary>A string, or null when absent.</summary>
    public string? TextOrNull() => IsPresent ? Text() : null;

    /// <summary>A required string that is one of several, as what it stands for.</summary>
    /// <exception cref="CheckpointException">It is absent, or none of them.</exception>
    public T Choice<T>(params ReadOnlySpan<(string Text, T Value)> choices)
    {
        if (IsText)
        {
            var text = Text();
            foreach (var choice in choices)
            {
                if (string.Equals(choice.Text, text, StringComparison.Ordinal))
                {
                    return choice.Value;
                }
            }
        }

        var known = new List<string>();
        foreach (var choice in choices)
        {
            known.Add($"'{choice.Text}'");
        }

        throw Error($"one of {string.Join(", ", known)}");
    }

    /// <summary>A required array's elements.</summary>
    /// <param name="minimum">Least number of elements.</param>
    /// <param name="maximum">Greatest number of elements.</param>
    /// <exception cref="CheckpointException">It is absent, no array, or has another number of elements.</exception>
    public ImmutableArray<ConfigValue> Array(int minimum = 0, int maximum = 65_536)
    {
        if (!IsArray || _value.GetArrayLength() < minimum || _value.GetArrayLength() > maximum)
        {
            throw Error(minimum == maximum ? $"an array of {minimum}" : $"an array of {minimum} to {maximum} elements");
        }

        var elements = ImmutableArray.CreateBuilder<ConfigValue>(_value.GetArrayLength());
        foreach (var element in _value.EnumerateArray())
        {
            elements.Add(new ConfigValue(Location, $"{Key}[{elements.Count}]", element));
        }

        return elements.MoveToImmutable();
    }

    /// <summary>A required object.</summary>
    /// <exception cref="CheckpointException">It is absent, or no object.</exception>
    public ModelConfig Section() => IsSection ? new ModelConfig(Location, Key, _value) : throw Error("an object");

    /// <summary>An object, or null when absent.</summary>
    public ModelConfig? SectionOrNull() => IsPresent ? Section() : null;

    /// <summary>The error that this value is not what is expected.</summary>
    /// <param name="expectation">Completes "expected ...".</param>
    /// <param name="innerException">The cause, if another error was one.</param>
    public CheckpointException Error(string expectation, Exception? innerException = null) => new(
        $"{Location}, key '{Key}'",
        _value.ValueKind == JsonValueKind.Undefined ? $"is missing; expected {expectation}." : $"is {Shown()}; expected {expectation}.",
        "Compare it with the model's published config.json.",
        innerException);

    private bool TryFloat(out double number)
    {
        number = double.NaN;
        return _value.ValueKind switch
        {
            JsonValueKind.Number => _value.TryGetDouble(out number) && double.IsFinite(number),
            JsonValueKind.Object when _value.TryGetProperty(PythonJson.FloatKey, out var wrapped)
                && wrapped.ValueKind == JsonValueKind.String => TryWrapped(wrapped, out number),
            _ => false,
        };
    }

    private static bool TryWrapped(JsonElement wrapped, out double number)
    {
        number = wrapped.ValueEquals("Infinity"u8) ? double.PositiveInfinity
            : wrapped.ValueEquals("-Infinity"u8) ? double.NegativeInfinity
            : double.NaN;
        return !double.IsNaN(number);
    }

    private string Shown()
    {
        var text = _value.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= ShownCharacters ? text : $"{text.AsSpan(0, ShownCharacters)}...";
    }
}
