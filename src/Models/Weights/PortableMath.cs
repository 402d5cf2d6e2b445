namespace EdgeFleet.Models.Weights;

/// <summary>
/// Logarithm and exponential from additions, multiplications and divisions alone, which IEEE 754 defines to the bit: the C library's
/// differ in their last bits between architectures. Relative error below 1e-14.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.693147180559945309417;
    private const int MantissaBits = 52;
    private const int ExponentBias = 1023;
    private const int LogTerms = 12;
    private const int ExpTerms = 18;

    /// <summary>Natural logarithm of a normal positive number: <c>2 atanh((m - 1) / (m + 1)) + e ln 2</c> for <c>m 2^e</c>.</summary>
    public static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> MantissaBits) - ExponentBias;
        var mantissa = BitConverter.Int64BitsToDouble((bits & ((1L << MantissaBits) - 1)) | ((long)ExponentBias << MantissaBits));
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        double sum = 0;
        for (var k = LogTerms; k >= 0; k--)
        {
            sum = (sum * square) + (1.0 / ((2 * k) + 1));
        }

        return (exponent * Ln2) + (2 * s * sum);
    }

    /// <summary>Exponential of a number of moderate size: Taylor's series behind a reduction by multiples of ln 2.</summary>
    public static double Exp(double x)
    {
        var exponent = (int)Math.Floor((x / Ln2) + 0.5);
        var reduced = x - (exponent * Ln2);
        double sum = 1;
        for (var k = ExpTerms; k >= 1; k--)
        {
            sum = (sum * reduced / k) + 1;
        }

        return sum * BitConverter.Int64BitsToDouble((long)(exponent + ExponentBias) << MantissaBits);
    }
}
