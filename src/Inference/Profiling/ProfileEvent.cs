using System.Text;
using System.Text.Json;

namespace EdgeFleet.Inference.Profiling;

/// <summary>One event of a session's profile while it is being read.</summary>
internal sealed class ProfileEvent
{
    private const int MaximumShapesLength = 512;

    private readonly StringBuilder _shapes = new();
    private string _property = string.Empty;
    private bool _inShapes;

    public string Category { get; private set; } = string.Empty;

    public string Name { get; private set; } = string.Empty;

    public string Operator { get; private set; } = string.Empty;

    public string Provider { get; private set; } = string.Empty;

    public string Shapes => _shapes.ToString();

    public long DurationUs { get; private set; }

    public void Clear()
    {
        (_property, Category, Name, Operator, Provider, DurationUs) = (string.Empty, string.Empty, string.Empty, string.Empty, string.Empty, 0);
        _inShapes = false;
        _shapes.Clear();
    }

    /// <summary>Takes a token inside the event's object.</summary>
    /// <param name="reader">At the token.</param>
    /// <param name="depth">Depth of the token below the event's object: 1 for its members.</param>
    public void Take(ref Utf8JsonReader reader, int depth)
    {
        if (_inShapes && depth > 2)
        {
            TakeShape(ref reader);
            return;
        }

        _inShapes = false;
        if (depth is 1 or 2 && reader.TokenType == JsonTokenType.PropertyName)
        {
            _property = reader.GetString()!;
            _inShapes = depth == 2 && _property == "input_type_shape";
        }
        else if (depth == 1)
        {
            TakeMember(ref reader);
        }
        else if (depth == 2 && reader.TokenType == JsonTokenType.String)
        {
            if (_property == "op_name")
            {
                Operator = reader.GetString()!;
            }
            else if (_property == "provider")
            {
                Provider = reader.GetString()!;
            }
        }
        else if (depth == 2 && reader.TokenType == JsonTokenType.StartArray && _property == "input_type_shape")
        {
            _inShapes = true;
        }
    }

    private void TakeMember(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && _property == "cat")
        {
            Category = reader.GetString()!;
        }
        else if (reader.TokenType == JsonTokenType.String && _property == "name")
        {
            Name = reader.GetString()!;
        }
        else if (reader.TokenType == JsonTokenType.Number && _property == "dur" && reader.TryGetInt64(out var duration))
        {
            DurationUs = duration;
        }
    }

    // [{"float":[1,3,64]},{"int64":[]}] becomes float[1,3,64] int64[].
    private void TakeShape(ref Utf8JsonReader reader)
    {
        if (_shapes.Length > MaximumShapesLength)
        {
            return;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                _shapes.Append(_shapes.Length == 0 ? string.Empty : " ").Append(reader.GetString());
                break;
            case JsonTokenType.StartArray:
                _shapes.Append('[');
                break;
            case JsonTokenType.EndArray:
                _shapes.Append(']');
                break;
            case JsonTokenType.Number when reader.TryGetInt64(out var dimension):
                _shapes.Append(_shapes[^1] == '[' ? string.Empty : ",").Append(dimension);
                break;
            default:
                break;
        }

        if (_shapes.Length > MaximumShapesLength)
        {
            _shapes.Append("...");
        }
    }
}
