using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EdgeFleet.Agent.Machine;

/// <summary>
/// A fixed loop over memory whose times say how noisy the machine is now: like decoding, it is bound by memory, and unlike decoding, its work is known to be the same
/// each round (docs/measurement.md, noise reference).
/// </summary>
internal static class ReferenceLoop
{
    /// <summary>Bytes of a round: more than the caches of small machines, a few milliseconds.</summary>
    public const int RoundBytes = 64 << 20;

    /// <summary>Rounds that are timed; one more goes before them.</summary>
    public const int Rounds = 40;

    /// <summary>Runs the loop.</summary>
    /// <param name="threads">Threads that share each round.</param>
    /// <param name="cancellation">Ends it between rounds.</param>
    /// <returns>Nanoseconds of each round.</returns>
    public static unsafe long[] Run(int threads, CancellationToken cancellation)
    {
        var count = Math.Clamp(threads, 1, Environment.ProcessorCount);
        var memory = (byte*)NativeMemory.AlignedAlloc(RoundBytes, 64);
        try
        {
            new Span<byte>(memory, RoundBytes).Fill(1);
            var slice = RoundBytes / count / 256 * 256;
            var rounds = new long[Rounds + 1];
            var sums = new long[count];
            using var barrier = new Barrier(count);
            var begin = 0L;
            void Work(int index)
            {
                for (var round = 0; round < rounds.Length; round++)
                {
                    barrier.SignalAndWait(CancellationToken.None);
                    if (index == 0) begin = Stopwatch.GetTimestamp();
                    sums[index] += Sum(memory + ((long)index * slice), slice);
                    barrier.SignalAndWait(CancellationToken.None);
                    if (index == 0) rounds[round] = (long)Stopwatch.GetElapsedTime(begin).TotalNanoseconds;
                }
            }

            Thread[] helpers = [.. Enumerable.Range(1, count - 1).Select(index => new Thread(() => Work(index)) { IsBackground = true })];
            foreach (var helper in helpers) helper.Start();
            Work(0);
            foreach (var helper in helpers) helper.Join();
            cancellation.ThrowIfCancellationRequested();

            // The sums are the loop's only effect; without a use the compiler could leave it out.
            return Array.Exists(sums, sum => sum != 0) ? rounds[1..] : throw new InvalidOperationException("The memory that was filled with ones sums to nothing.");
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static unsafe long Sum(byte* memory, long bytes)
    {
        var (a, b, c, d) = (Vector256<long>.Zero, Vector256<long>.Zero, Vector256<long>.Zero, Vector256<long>.Zero);
        for (long at = 0; at < bytes; at += 128)
        {
            a += Vector256.Load((long*)(memory + at));
            b += Vector256.Load((long*)(memory + at + 32));
            c += Vector256.Load((long*)(memory + at + 64));
            d += Vector256.Load((long*)(memory + at + 96));
        }

        return Vector256.Sum(a + b + c + d);
    }
}
