using Google.Protobuf.Reflection;
using Relais.Contracts.Options.V1;

namespace Relais.Contracts;

/// <summary>The descriptors of every service, from which permissions, the JSON face and OpenAPI are built.</summary>
public static class ContractCatalogue
{
    /// <summary>The permission of a method that anybody may call.</summary>
    public const string PublicPermission = "public";

    /// <summary>Stands for the target of a service that each of them runs for itself: the request's field `target` names which.</summary>
    public const string EveryTarget = "*";

    /// <summary>The services, each with the target that runs it.</summary>
    public static IReadOnlyList<(string Target, ServiceDescriptor Service)> Services { get; } =
    [
        ("identity", Identity.V1.Identity.Descriptor),
        ("knowledge", Knowledge.V1.Knowledge.Descriptor),
        ("channels", Channels.V1.Conversations.Descriptor),
        ("tickets", Tickets.V1.Tickets.Descriptor),
        ("routing", Routing.V1.Routing.Descriptor),
        ("routing", Routing.V1.Shards.Descriptor),
        ("routing", Routing.V1.Skills.Descriptor),
        ("routing", Routing.V1.Supervision.Descriptor),
        ("routing", Routing.V1.Policies.Descriptor),
        ("surveys", Surveys.V1.Surveys.Descriptor),
        (EveryTarget, Platform.V1.DeadLetters.Descriptor),
    ];

    /// <summary>The targets that run services, by name.</summary>
    public static IReadOnlyList<string> Targets { get; } =
        [.. Services.Select(entry => entry.Target).Where(target => target != EveryTarget).Distinct().Order(StringComparer.Ordinal)];

    private static readonly Dictionary<string, string> Permissions = Services
        .SelectMany(entry => entry.Service.Methods)
        .ToDictionary(FullName, method => method.GetOptions()?.GetExtension(OptionsExtensions.Permission) ?? "", StringComparer.Ordinal);

    /// <summary>The name of a method as gRPC calls it: <c>/relais.tickets.v1.Tickets/GetTicket</c>.</summary>
    public static string FullName(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>
    /// What a caller needs for a method: a permission's name, <see cref="PublicPermission"/>, or null for a method that
    /// is not in the contracts or names no permission, which nobody may call.
    /// </summary>
    public static string? PermissionOf(string fullName) =>
        Permissions.TryGetValue(fullName, out var permission) && permission.Length > 0 ? permission : null;
}
