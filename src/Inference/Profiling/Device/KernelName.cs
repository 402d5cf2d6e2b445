using System.Text;
using System.Text.RegularExpressions;

namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>Kernels' names for people: the qualified name in a mangled one, without parameters.</summary>
public static partial class KernelName
{
    private const int Longest = 120;

    /// <summary>Shortens a name, e.g. <c>_ZN5flash16flash_fwd_kernelI...E</c> to <c>flash::flash_fwd_kernel</c>.</summary>
    /// <param name="name">Name in the Itanium C++ ABI's mangling, or a plain one, which stays as it is.</param>
    public static string Short(string name)
    {
        var shortened = name.StartsWith("_Z", StringComparison.Ordinal) ? Qualified(name) : name;
        if (shortened.Length == 0)
        {
            shortened = name;
        }

        // ONNX Runtime's element-wise kernels differ by a functor among their template arguments alone.
        if (Functor().Match(name) is { Success: true } functor)
        {
            shortened += $"<{functor.Value}>";
        }

        return shortened.Length > Longest ? shortened[..Longest] : shortened;
    }

    [GeneratedRegex("OP_[A-Z][a-z]+(?:[A-Z][a-z]+)*")]
    private static partial Regex Functor();

    // Identifiers are stated with their length; what is neither such nor a prefix ends the name (template arguments, parameters).
    private static string Qualified(string name)
    {
        var text = new StringBuilder();
        var at = 2;
        while (at < name.Length)
        {
            if (name[at] is 'N' or 'L' or 'K')
            {
                at++;
                continue;
            }

            var digits = at;
            while (digits < name.Length && char.IsAsciiDigit(name[digits]))
            {
                digits++;
            }

            if (digits == at || !int.TryParse(name.AsSpan(at, digits - at), out var length) || length <= 0 || length > name.Length - digits)
            {
                break;
            }

            if (!name.AsSpan(digits, length).StartsWith("_GLOBAL__N"))
            {
                text.Append(text.Length == 0 ? string.Empty : "::").Append(name, digits, length);
            }

            at = digits + length;
        }

        return text.ToString();
    }
}
