using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Cosines and sines of rotary position embeddings, computed in double precision.</summary>
/// <remarks>
/// Plain: Su et al. 2021 (arXiv 2104.09864). Scalings as transformers' modeling_rope_utils defines them: linear (positions / factor); llama3
/// (Llama 3.1's wavelength bands); longrope (Ding et al. 2024, arXiv 2402.13753); yarn (Peng et al. 2023, arXiv 2309.00071); dynamic (the base
/// grows with the length); proportional (a share of the pairs turns). longrope and dynamic are fixed by the scenario's total length.
/// </remarks>
public static class RotaryTable
{
    private const double DefaultBetaFast = 32;
    private const double DefaultBetaSlow = 1;

    /// <summary>Fills both tables, [positions, dimension / 2] row major.</summary>
    /// <param name="rotary">What the manifest says of the tables.</param>
    /// <param name="totalLength">Tokens of the whole scenario; longrope and dynamic depend on it.</param>
    /// <param name="trainedContext">Context that the model was trained for, from which longrope derives its extension; may be null.</param>
    /// <param name="cos">Receives cosines; its length is a multiple of dimension / 2.</param>
    /// <param name="sin">Receives sines; as long as <paramref name="cos"/>.</param>
    /// <exception cref="DecoderException">The scaling is unknown or lacks a member that it needs.</exception>
    public static void Fill(RotaryManifest rotary, int totalLength, int? trainedContext, Span<float> cos, Span<float> sin)
    {
        var frequencies = Frequencies(rotary, totalLength);
        var amplitude = Amplitude(rotary, trainedContext);
        var positions = cos.Length / frequencies.Length;
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < frequencies.Length; i++)
            {
                var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                cos[(position * frequencies.Length) + i] = (float)(cosine * amplitude);
                sin[(position * frequencies.Length) + i] = (float)(sine * amplitude);
            }
        }
    }

    /// <summary>Radians per position of each rotated pair of channels, after scaling.</summary>
    public static double[] Frequencies(RotaryManifest rotary, int totalLength)
    {
        if (rotary.Dimension < 2 || rotary.Dimension % 2 != 0 || !(rotary.Base > 0))
        {
            throw new DecoderException($"{rotary.CosInput}: dimension {rotary.Dimension} must be even and base {rotary.Base} positive.");
        }

        var @base = rotary.Scaling?.Type == "dynamic" ? DynamicBase(rotary, rotary.Scaling, totalLength) : rotary.Base;
        var frequencies = new double[rotary.Dimension / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Math.Pow(@base, -2.0 * i / rotary.Dimension);
        }

        switch (rotary.Scaling?.Type)
        {
            case null or "dynamic":
                break;
            case "proportional":
                ScaleProportional(rotary, rotary.Scaling, frequencies);
                break;
            case "linear":
                Divide(frequencies, Need(rotary, rotary.Scaling.Factor, "factor"));
                break;
            case "llama3":
                ScaleLlama3(rotary, rotary.Scaling, frequencies);
                break;
            case "longrope":
                ScaleLongRope(rotary, rotary.Scaling, totalLength, frequencies);
                break;
            case "yarn":
                ScaleYarn(rotary, rotary.Scaling, frequencies);
                break;
            default:
                throw new DecoderException(
                    $"{rotary.CosInput}: unknown rotary scaling '{rotary.Scaling.Type}'; known are linear, llama3, longrope, yarn, dynamic and proportional.");
        }

        return frequencies;
    }

    /// <summary>Multiplier of cosines and sines.</summary>
    public static double Amplitude(RotaryManifest rotary, int? trainedContext)
    {
        if (rotary.Scaling?.AttentionFactor is { } given)
        {
            return given;
        }

        switch (rotary.Scaling?.Type)
        {
            case "longrope":
                var original = Need(rotary, rotary.Scaling.OriginalContext, "original_context");
                var extension = trainedContext is { } trained ? (double)trained / original : rotary.Scaling.Factor ?? 1;
                return extension <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(extension) / Math.Log(original)));
            case "yarn":
                var factor = Need(rotary, rotary.Scaling.Factor, "factor");
                return factor <= 1 ? 1 : (0.1 * Math.Log(factor)) + 1;
            default:
                return 1;
        }
    }

    private static void Divide(double[] frequencies, double factor)
    {
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] /= factor;
        }
    }

    private static void ScaleLlama3(RotaryManifest rotary, RotaryScalingManifest scaling, double[] frequencies)
    {
        var factor = Need(rotary, scaling.Factor, "factor");
        var low = Need(rotary, scaling.LowFrequencyFactor, "low_frequency_factor");
        var high = Need(rotary, scaling.HighFrequencyFactor, "high_frequency_factor");
        var original = Need(rotary, scaling.OriginalContext, "original_context");
        for (var i = 0; i < frequencies.Length; i++)
        {
            var wavelength = 2 * Math.PI / frequencies[i];
            if (wavelength > original / low)
            {
                frequencies[i] /= factor;
            }
            else if (wavelength >= original / high)
            {
                var smooth = ((original / wavelength) - low) / (high - low);
                frequencies[i] = ((1 - smooth) * frequencies[i] / factor) + (smooth * frequencies[i]);
            }
        }
    }

    private static void ScaleLongRope(RotaryManifest rotary, RotaryScalingManifest scaling, int totalLength, double[] frequencies)
    {
        var isLong = totalLength > Need(rotary, scaling.OriginalContext, "original_context");
        var factors = isLong
            ? Need(rotary, scaling.LongFactors, "long_factors")
            : Need(rotary, scaling.ShortFactors, "short_factors");
        if (factors.Length != frequencies.Length)
        {
            throw new DecoderException(
                $"{rotary.CosInput}: longrope has {factors.Length} factors; dimension {rotary.Dimension} needs {frequencies.Length}.");
        }

        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] /= factors[i];
        }
    }

    private static void ScaleYarn(RotaryManifest rotary, RotaryScalingManifest scaling, double[] frequencies)
    {
        var factor = Need(rotary, scaling.Factor, "factor");
        var original = Need(rotary, scaling.OriginalContext, "original_context");

        // The channel pair that turns `rotations` times over the original context.
        double Pair(double rotations) =>
            rotary.Dimension * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(rotary.Base));

        var (low, high) = (Pair(scaling.BetaFast ?? DefaultBetaFast), Pair(scaling.BetaSlow ?? DefaultBetaSlow));
        if (scaling.Truncate ?? true)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        low = Math.Max(low, 0);
        high = Math.Min(high, rotary.Dimension - 1);
        var width = high == low ? 0.001 : high - low;
        for (var i = 0; i < frequencies.Length; i++)
        {
            var interpolated = Math.Clamp((i - low) / width, 0, 1);
            frequencies[i] = (frequencies[i] / factor * interpolated) + (frequencies[i] * (1 - interpolated));
        }
    }

    private static double DynamicBase(RotaryManifest rotary, RotaryScalingManifest scaling, int totalLength)
    {
        var factor = Need(rotary, scaling.Factor, "factor");
        double original = Need(rotary, scaling.OriginalContext, "original_context");
        var growth = (factor * Math.Max(totalLength, original) / original) - (factor - 1);
        return rotary.Base * Math.Pow(growth, rotary.Dimension / (rotary.Dimension - 2.0));
    }

    private static void ScaleProportional(RotaryManifest rotary, RotaryScalingManifest scaling, double[] frequencies)
    {
        var turning = (int)(Need(rotary, scaling.RotatedShare, "rotated_share") * rotary.Dimension / 2);
        frequencies.AsSpan(Math.Min(turning, frequencies.Length)).Clear();
        Divide(frequencies, scaling.Factor ?? 1);
    }

    private static T Need<T>(RotaryManifest rotary, T? value, string name)
        where T : struct =>
        value ?? throw new DecoderException($"{rotary.CosInput}: rotary scaling '{rotary.Scaling?.Type}' needs {name}.");
}
