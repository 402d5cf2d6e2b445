// usage: EdgeFleet.Harness.Bench overhead MODEL PRECISION PAIRS STEPS THREADS
//            prints a row of report.md: what the decoder takes beside a bare loop. With one thread it is in processor time, so that it can be run on a machine that is
//            not idle; with more in wall time.
//        EdgeFleet.Harness.Bench sampling MODEL PRECISION GROUPS STEPS THREADS [SEED]
//            prints JSON Lines for bench/measurement/sampling_cost.py: what reading the sensors costs.
using System.Globalization;
using EdgeFleet.Harness.Bench;

switch (args)
{
    case ["overhead", _, _, _, _, _]:
        using (var overhead = new DecoderOverhead(BenchRequest.Parse(args.AsSpan(1)))) Console.WriteLine(overhead.Run());
        return 0;
    case ["sampling", _, _, _, _, _] or ["sampling", _, _, _, _, _, _]:
        var seed = args.Length > 6 ? ulong.Parse(args[6], CultureInfo.InvariantCulture) : 1;
        using (var cost = new SamplingCost(BenchRequest.Parse(args.AsSpan(1)), seed)) cost.Run(Console.Out);
        return 0;
    default:
        Console.Error.WriteLine("usage: EdgeFleet.Harness.Bench overhead|sampling MODEL PRECISION PAIRS STEPS THREADS [SEED]");
        return 2;
}
