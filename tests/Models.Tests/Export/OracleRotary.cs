using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Rotary frequencies as transformers' modeling_rope_utils.py computes them, for the scalings that the tests use.</summary>
internal static class OracleRotary
{
    public static double[] Frequencies(RotaryManifest rotary, int totalLength)
    {
        var frequencies = Enumerable.Range(0, rotary.Dimension / 2).Select(i => Math.Pow(rotary.Base, -2.0 * i / rotary.Dimension)).ToArray();
        if (rotary.Scaling is not { } scaling)
            return frequencies;

        return scaling.Type switch
        {
            "linear" => [.. frequencies.Select(frequency => frequency / scaling.Factor!.Value)],
            "llama3" => [.. frequencies.Select(frequency => Llama3(scaling, frequency))],
            "longrope" => [.. frequencies.Select((frequency, i) =>
                frequency / (totalLength > scaling.OriginalContext ? scaling.LongFactors : scaling.ShortFactors)!.Value[i])],
            _ => throw new NotSupportedException(scaling.Type),
        };
    }

    private static double Llama3(RotaryScalingManifest scaling, double frequency)
    {
        var wavelength = 2 * Math.PI / frequency;
        var original = (double)scaling.OriginalContext!.Value;
        if (wavelength < original / scaling.HighFrequencyFactor)
            return frequency;
        if (wavelength > original / scaling.LowFrequencyFactor)
            return frequency / scaling.Factor!.Value;
        var smooth = ((original / wavelength) - scaling.LowFrequencyFactor!.Value)
            / (scaling.HighFrequencyFactor!.Value - scaling.LowFrequencyFactor.Value);
        return ((1 - smooth) * frequency / scaling.Factor!.Value) + (smooth * frequency);
    }
}
