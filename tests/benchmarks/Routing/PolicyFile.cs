using System.Buffers;
using System.Text;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Gateway.JsonFace;

namespace Relais.Benchmarks.Routing;

/// <summary>Scenarios and policies that somebody wrote.</summary>
internal static class PolicyFile
{
    /// <summary>Reads a policy as the gateway does.</summary>
    public static FieldViolation? Json(string json, PolicyDefinition policy) =>
        ProtoJsonReader.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), policy) is { } fault ? new FieldViolation(fault.Field, fault.What) : null;

    /// <summary>Tells everything that is wrong with a file.</summary>
    public static FormatException Wrong(string file, IEnumerable<string> problems) =>
        new($"{file}:{string.Concat(problems.Select(problem => $"{Environment.NewLine}  {problem}"))}");
}
