using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Profiling;
using EdgeFleet.Inference.Tests.Graphs;
using Xunit;
using Encoding = System.Text.Encoding;

namespace EdgeFleet.Inference.Tests.Profiling;

public sealed class SessionProfileReaderTests
{
    private const string Sample =
        """
        [
        {"cat" : "Session","dur" :9,"ts" :1,"name" :"session_initialization","args" : {}},
        {"cat" : "Node","dur" :7,"ts" :2,"name" :"a_kernel_time","args" : {"x":{"op_name":"no"},"input_type_shape" : [{"float":[1,3]},{"int64":[]}],"provider" : "P","op_name" : "Linear"}},
        {"cat" : "Node","dur" :5,"ts" :2,"name" :"b_kernel_time","args" : {"op_name" : "Strange","provider" : "P"}},
        {"cat" : "Session","dur" :20,"ts" :1,"name" :"model_run","args" : {}},
        {"cat" : "Node","dur" :1,"ts" :30,"name" :"a_kernel_time","args" : {"op_name" : "Linear","provider" : "P","input_type_shape" : [{"float":[1,1]}]}},
        {"cat" : "Session","dur" :2,"ts" :30,"name" :"model_run","args" : {}},
        {"cat" : "Node","dur" :3,"ts" :40,"name" :"a_kernel_time","args" : {"op_name" : "Linear","provider" : "P","input_type_shape" : [{"float":[1,1]}]}},
        {"cat" : "Session","dur" :4,"ts" :40,"name" :"model_run","args" : {}}
        ]
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100000)]
    public void Times_are_summed_by_node_and_shape_within_each_phase(int bytesPerRead)
    {
        using var stream = new SlowStream(Encoding.UTF8.GetBytes(Sample), bytesPerRead);

        var phases = SessionProfileReader.Read(stream, "test", static run => run == 0 ? "prefill" : "decode");

        var prefill = phases["prefill"];
        Assert.Equal(
            [
                new NodeTime("a", "Linear", OperatorClass.Gemm, "P", "float[1,3] int64[]", 1, 7000),
                new NodeTime("b", "Strange", OperatorClass.Other, "P", string.Empty, 1, 5000),
            ],
            prefill.Nodes);
        Assert.Equal((1, 20000), (prefill.Runs, prefill.RunNs));
        Assert.Equal(["Strange"], prefill.UnknownOperators);
        Assert.Equal(7.0 / 12, prefill.Shares[OperatorClass.Gemm], 12);
        Assert.Equal(4000, prefill.OverheadPerNodeNs(20000, 12000));
        Assert.Equal([new NodeTime("a", "Linear", OperatorClass.Gemm, "P", "float[1,1]", 2, 4000)], phases["decode"].Nodes);
        Assert.Equal((2, 6000), (phases["decode"].Runs, phases["decode"].RunNs));
    }

    [Fact]
    public void Runs_without_a_phase_are_left_out()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Sample));

        var phases = SessionProfileReader.Read(stream, "test", static run => run == 1 ? "decode" : null);

        Assert.Equal(1000, Assert.Single(phases).Value.NodeNs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[[]]")]
    [InlineData("[{\"cat\":\"Node\"")]
    [InlineData("[{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}]")]
    public void What_is_no_profile_is_refused_by_name(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));

        var exception = Assert.Throws<InvalidDataException>(() => SessionProfileReader.Read(stream, "dir/profile.json", static _ => "all"));

        Assert.Contains("dir/profile.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_without_end_does_not_fill_memory()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("[\"" + new string('x', 4 << 20)));

        Assert.Throws<InvalidDataException>(() => SessionProfileReader.Read(stream, "test", static _ => "all"));
    }

    [Fact]
    public void A_profiled_decoder_tells_where_prefill_and_decode_spent_their_time()
    {
        using var directory = new TemporaryDirectory();
        using var session = TinySession.Open(
            new TinyDecoder(seed: 1, attention: true),
            new DecoderOptions { Threads = 1, Spinning = false, ProfilePrefix = directory.File("profile") });
        using var decoder = new Decoder(session, new DecoderShape(1, 32), TestContext.Current.CancellationToken);
        decoder.Prefill(TinySession.Tokens(1, 12), 6);
        for (var i = 0; i < 5; i++)
        {
            decoder.Step();
        }

        var path = session.EndProfiling();
        var phases = SessionProfileReader.Read(path, static run => run < 2 ? "prefill" : "decode");

        Assert.StartsWith(directory.Path, path, StringComparison.Ordinal);
        Assert.Equal((2, 5), (phases["prefill"].Runs, phases["decode"].Runs));
        var attention = Assert.Single(phases["decode"].Nodes, static node => node.Operator == "GroupQueryAttention");
        Assert.Equal(5, attention.Count);
        Assert.Contains(phases["decode"].Nodes, static node => node.Class == OperatorClass.Gemm);
        Assert.Empty(phases["decode"].UnknownOperators);
        Assert.Equal(1, phases["decode"].Shares.Values.Sum(), 9);
    }

    private sealed class SlowStream(byte[] content, int bytesPerRead) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, bytesPerRead));
    }
}
