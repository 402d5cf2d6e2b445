using System.Text;

namespace EdgeFleet.Agent.Worker;

/// <summary>Keeps the last characters of what a process wrote.</summary>
internal sealed class BoundedText(int capacity)
{
    private readonly StringBuilder text = new();
    private readonly Lock access = new();

    /// <summary>Reads to the end.</summary>
    public async Task ReadAsync(TextReader reader)
    {
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer)) > 0)
        {
            lock (access)
            {
                text.Append(buffer, 0, count);
                if (text.Length > capacity) text.Remove(0, text.Length - capacity);
            }
        }
    }

    /// <summary>The last non-empty line, for one-line messages.</summary>
    public string LastLine()
    {
        lock (access) return text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
    }

    public override string ToString()
    {
        lock (access) return text.ToString();
    }
}
