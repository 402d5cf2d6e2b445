namespace EdgeFleet.Agent.Tokenization;

/// <summary>Turns ids that arrive one by one into text, never cutting a character: its bytes may be spread over tokens.</summary>
internal sealed class StreamedText(TextTokenizer tokenizer)
{
    private readonly List<int> ids = [];
    private int shown;

    /// <summary>Adds an id.</summary>
    /// <returns>The text that is complete now and was not before.</returns>
    public string Add(int id)
    {
        ids.Add(id);
        return Take(tokenizer.Decode(ids), keepIncomplete: true);
    }

    /// <summary>What is left, incomplete characters included.</summary>
    public string Rest() => Take(tokenizer.Decode(ids), keepIncomplete: false);

    private string Take(string text, bool keepIncomplete)
    {
        var end = text.Length;
        while (keepIncomplete && end > shown && text[end - 1] == '\uFFFD') end--;
        if (end <= shown) return "";
        var added = text[shown..end];
        shown = end;
        return added;
    }
}
