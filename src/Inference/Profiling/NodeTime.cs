namespace EdgeFleet.Inference.Profiling;

/// <summary>Time of one node of a graph with inputs of one shape.</summary>
/// <param name="Node">Name of the node, after ONNX Runtime's graph optimisation.</param>
/// <param name="Operator">Operator type.</param>
/// <param name="Class">Class of the operator.</param>
/// <param name="Provider">Provider that executed it, by ONNX Runtime's name.</param>
/// <param name="Shapes">Types and shapes of the inputs, e.g. <c>float[1,3,64] float[64]</c>; cut off where there are many.</param>
/// <param name="Count">Executions.</param>
/// <param name="TimeNs">Time of all executions. On a GPU this is the time to launch them.</param>
public sealed record NodeTime(string Node, string Operator, OperatorClass Class, string Provider, string Shapes, long Count, long TimeNs);
