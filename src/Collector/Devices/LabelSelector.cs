using System.Collections.Immutable;

namespace EdgeFleet.Collector.Devices;

/// <summary>
/// Selects devices by their labels.
/// <code>
/// selector = [ term *( "," term ) ]           ; all terms must hold
/// term     = key                              ; has the label
///          | "!" key                          ; has not
///          | key "=" value | key "!=" value   ; a missing label is not equal to anything
///          | key "in" "(" value *( "," value ) ")" | key "notin" "(" ... ")"
/// </code>
/// The key <c>id</c> stands for the device's id and matches by prefix with <c>=</c>.
/// </summary>
internal sealed class LabelSelector
{
    private const int LongestText = 1000;

    private readonly ImmutableArray<Func<string, IReadOnlyDictionary<string, string>, bool>> terms;

    private LabelSelector(ImmutableArray<Func<string, IReadOnlyDictionary<string, string>, bool>> terms) => this.terms = terms;

    /// <summary>Reads a selector.</summary>
    /// <exception cref="FormatException">The text does not follow the grammar.</exception>
    public static LabelSelector Parse(string text)
    {
        if (text.Length > LongestText) throw new FormatException($"A selector has at most {LongestText} characters; this one has {text.Length}.");
        return new LabelSelector([.. new Reader(text).Terms()]);
    }

    /// <summary>Whether a device is selected.</summary>
    public bool Matches(string deviceId, IReadOnlyDictionary<string, string> labels) => terms.All(term => term(deviceId, labels));

    private sealed class Reader(string text)
    {
        private int position;

        public IEnumerable<Func<string, IReadOnlyDictionary<string, string>, bool>> Terms()
        {
            Space();
            if (position == text.Length) yield break;
            do yield return Term();
            while (Take(","));
            if (position < text.Length) throw Error("expected a comma or the end");
        }

        private Func<string, IReadOnlyDictionary<string, string>, bool> Term()
        {
            Space();
            if (Take("!"))
            {
                var absent = Word("a label");
                return (_, labels) => !labels.ContainsKey(absent);
            }

            var key = Word("a label");
            if (Take("!="))
            {
                var value = Word("a value");
                return (id, labels) => !Equal(key, value, id, labels);
            }

            if (Take("="))
            {
                Take("=");
                var value = Word("a value");
                return (id, labels) => Equal(key, value, id, labels);
            }

            var start = position;
            if (position < text.Length && text[position] != ',')
            {
                var set = Word("'in' or 'notin'");
                if (set is not ("in" or "notin"))
                {
                    position = start;
                    throw Error("expected '=', '!=', 'in', 'notin' or a comma");
                }

                var values = Values();
                return set == "in"
                    ? (id, labels) => values.Any(value => Equal(key, value, id, labels))
                    : (id, labels) => !values.Any(value => Equal(key, value, id, labels));
            }

            return (_, labels) => labels.ContainsKey(key);
        }

        private List<string> Values()
        {
            if (!Take("(")) throw Error("expected '('");
            var values = new List<string>();
            do
            {
                Space();
                values.Add(Word("a value"));
            }
            while (Take(","));
            if (!Take(")")) throw Error("expected ',' or ')'");
            return values;
        }

        private static bool Equal(string key, string value, string id, IReadOnlyDictionary<string, string> labels) => key == "id"
            ? id.StartsWith(value, StringComparison.Ordinal)
            : labels.TryGetValue(key, out var actual) && actual == value;

        private string Word(string expected)
        {
            var start = position;
            while (position < text.Length && LabelRules.IsWord(text[position])) position++;
            if (position == start) throw Error($"expected {expected}");
            var word = text[start..position];
            Space();
            return word;
        }

        private bool Take(string symbol)
        {
            if (!text.AsSpan(position).StartsWith(symbol, StringComparison.Ordinal)) return false;
            position += symbol.Length;
            Space();
            return true;
        }

        private void Space()
        {
            while (position < text.Length && text[position] == ' ') position++;
        }

        private FormatException Error(string problem) => new($"device selector '{text}', position {position + 1}: {problem}");
    }
}
