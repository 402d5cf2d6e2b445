using Google.Protobuf.Reflection;

namespace EdgeFleet.Protos.Tests;

/// <summary>Finds what a newer contract takes away from peers of an older one.</summary>
internal static class BreakingChanges
{
    /// <summary>One sentence for each break; empty when old peers go on working.</summary>
    public static IReadOnlyList<string> Find(FileDescriptorSet older, FileDescriptorSet newer)
    {
        var breaks = new List<string>();
        var messages = Messages(newer);
        foreach (var (name, message) in Messages(older))
        {
            if (messages.TryGetValue(name, out var now)) CompareMessage(name, message, now, breaks);
            else breaks.Add($"message {name} was removed");
        }

        var enums = Enums(newer);
        foreach (var (name, values) in Enums(older))
        {
            if (enums.TryGetValue(name, out var now)) CompareEnum(name, values, now, breaks);
            else breaks.Add($"enum {name} was removed");
        }

        var services = Services(newer);
        foreach (var (name, service) in Services(older))
        {
            if (services.TryGetValue(name, out var now)) CompareService(name, service, now, breaks);
            else breaks.Add($"service {name} was removed");
        }

        return breaks;
    }

    private static void CompareMessage(string name, DescriptorProto older, DescriptorProto newer, List<string> breaks)
    {
        foreach (var field in older.Field)
        {
            var now = newer.Field.SingleOrDefault(f => f.Number == field.Number);
            if (now is null)
            {
                breaks.Add($"{name}.{field.Name} = {field.Number} was removed or renumbered");
                continue;
            }

            if (now.Name != field.Name) breaks.Add($"{name}.{field.Name} = {field.Number} was renamed to {now.Name}, which JSON peers see");
            if (now.Type != field.Type || now.TypeName != field.TypeName) breaks.Add($"{name}.{field.Name} changed its type");
            if (now.Label != field.Label) breaks.Add($"{name}.{field.Name} changed between one value and many");
            if (now.Proto3Optional != field.Proto3Optional) breaks.Add($"{name}.{field.Name} changed its presence");
            if (OneofOf(newer, now) != OneofOf(older, field)) breaks.Add($"{name}.{field.Name} moved into or out of a oneof");
        }
    }

    private static string OneofOf(DescriptorProto message, FieldDescriptorProto field) =>
        field.HasOneofIndex && !field.Proto3Optional ? message.OneofDecl[field.OneofIndex].Name : "";

    private static void CompareEnum(string name, EnumDescriptorProto older, EnumDescriptorProto newer, List<string> breaks)
    {
        foreach (var value in older.Value)
        {
            if (!newer.Value.Any(v => v.Number == value.Number && v.Name == value.Name)) breaks.Add($"{name}.{value.Name} = {value.Number} was removed, renamed or renumbered");
        }
    }

    private static void CompareService(string name, ServiceDescriptorProto older, ServiceDescriptorProto newer, List<string> breaks)
    {
        foreach (var method in older.Method)
        {
            var now = newer.Method.SingleOrDefault(m => m.Name == method.Name);
            if (now is null) breaks.Add($"rpc {name}.{method.Name} was removed");
            else if (now.InputType != method.InputType || now.OutputType != method.OutputType) breaks.Add($"rpc {name}.{method.Name} changed its messages");
            else if (now.ClientStreaming != method.ClientStreaming || now.ServerStreaming != method.ServerStreaming) breaks.Add($"rpc {name}.{method.Name} changed its streaming");
        }
    }

    private static Dictionary<string, DescriptorProto> Messages(FileDescriptorSet set)
    {
        var found = new Dictionary<string, DescriptorProto>();
        void Add(string scope, DescriptorProto message)
        {
            found.Add($"{scope}.{message.Name}", message);
            foreach (var nested in message.NestedType) Add($"{scope}.{message.Name}", nested);
        }

        foreach (var file in set.File)
        {
            foreach (var message in file.MessageType) Add(file.Package, message);
        }

        return found;
    }

    private static Dictionary<string, EnumDescriptorProto> Enums(FileDescriptorSet set) => set.File
        .SelectMany(file => file.EnumType, (file, type) => ($"{file.Package}.{type.Name}", type))
        .Concat(Messages(set).SelectMany(m => m.Value.EnumType, (m, type) => ($"{m.Key}.{type.Name}", type)))
        .ToDictionary();

    private static Dictionary<string, ServiceDescriptorProto> Services(FileDescriptorSet set) => set.File
        .SelectMany(file => file.Service, (file, service) => ($"{file.Package}.{service.Name}", service))
        .ToDictionary();
}
