using System.Collections.Frozen;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Relais.Contracts;

namespace Relais.Common.Calls;

/// <summary>
/// Which calls may be sent again when it is not known whether they had an effect: those that read, those whose method says
/// that it is idempotent, and those that carry a request id.
/// </summary>
public static class SafeCalls
{
    /// <summary>Marks a request that may be sent twice; it does not leave the process.</summary>
    public const string Header = "relais-safe-call";

    private static readonly FrozenDictionary<string, Rule> Rules = ContractCatalogue.Services
        .SelectMany(entry => entry.Service.Methods)
        .ToFrozenDictionary(ContractCatalogue.FullName, Of, StringComparer.Ordinal);

    /// <summary>Whether any call of a method is safe, whatever its request says.</summary>
    /// <param name="method">As gRPC calls it: <c>/relais.tickets.v1.Tickets/GetTicket</c>.</param>
    public static bool IsAlwaysSafe(string method) => Rules.TryGetValue(method, out var rule) && rule.IsAlways;

    /// <param name="method">As gRPC calls it: <c>/relais.tickets.v1.Tickets/GetTicket</c>.</param>
    public static bool IsSafe(string method, object request) => Rules.TryGetValue(method, out var rule)
        && (rule.IsAlways || (request is IMessage message && rule.RequestId?.Accessor.GetValue(message) is string { Length: > 0 }));

    private static Rule Of(MethodDescriptor method)
    {
        var options = method.GetOptions();
        var reads = method.Name.StartsWith("Get", StringComparison.Ordinal) || method.Name.StartsWith("List", StringComparison.Ordinal)
            || options?.GetExtension(AnnotationsExtensions.Http)?.PatternCase == HttpRule.PatternOneofCase.Get;
        return new Rule(
            reads || options?.IdempotencyLevel is MethodOptions.Types.IdempotencyLevel.NoSideEffects or MethodOptions.Types.IdempotencyLevel.Idempotent,
            method.InputType.FindFieldByName("request_id"));
    }

    private sealed record Rule(bool IsAlways, FieldDescriptor? RequestId);
}
