using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Relais.Contracts;
using Endpoint = Microsoft.AspNetCore.Http.Endpoint;

namespace Relais.Gateway.JsonFace;

/// <summary>A method of the contracts as the gateway calls it.</summary>
internal sealed class ApiMethod
{
    /// <summary>Requests with whole documents in them, which may be larger than others.</summary>
    private static readonly HashSet<string> Bulk = new(StringComparer.Ordinal) { "/relais.knowledge.v1.Knowledge/ImportArticles" };

    private ApiMethod(string target, MethodDescriptor descriptor, string permission, HttpRule? rule)
    {
        Target = target;
        Descriptor = descriptor;
        Permission = permission;
        FullName = ContractCatalogue.FullName(descriptor);
        IsBulk = Bulk.Contains(FullName);
        Etag = StringField(descriptor.InputType, "etag");
        ResponseEtag = StringField(descriptor.OutputType, "etag");
        WaitSeconds = descriptor.InputType.FindFieldByName("wait_seconds");
        UpdateMask = descriptor.InputType.FindFieldByName("update_mask");
        Rpc = new Method<IMessage, IMessage>(
            MethodType.Unary,
            descriptor.Service.FullName,
            descriptor.Name,
            Marshallers.Create<IMessage>(
                static (message, context) =>
                {
                    context.SetPayloadLength(message.CalculateSize());
                    message.WriteTo(context.GetBufferWriter());
                    context.Complete();
                },
                static _ => throw new NotSupportedException("The gateway reads no requests from gRPC.")),
            Marshallers.Create<IMessage>(
                static (_, _) => throw new NotSupportedException("The gateway writes no responses to gRPC."),
                context => descriptor.OutputType.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));
        Bindings = rule is null ? [] : [.. rule.AdditionalBindings.Prepend(rule).Select(binding => new HttpBinding(this, binding))];
    }

    /// <summary>The target that runs its service, or <see cref="ContractCatalogue.EveryTarget"/>.</summary>
    public string Target { get; }

    /// <summary>The target that a request goes to; null where it names none that there is.</summary>
    public string? TargetOf(IMessage request)
    {
        if (Target != ContractCatalogue.EveryTarget)
            return Target;
        var named = (string)Descriptor.InputType.FindFieldByName("target").Accessor.GetValue(request);
        return ContractCatalogue.Targets.Contains(named) ? named : null;
    }

    public MethodDescriptor Descriptor { get; }

    public Method<IMessage, IMessage> Rpc { get; }

    /// <summary>Such as <c>/relais.tickets.v1.Tickets/GetTicket</c>.</summary>
    public string FullName { get; }

    public string Permission { get; }

    public bool IsPublic => Permission == ContractCatalogue.PublicPermission;

    public bool IsBulk { get; }

    /// <summary>How the JSON face offers it; empty for what only gRPC has.</summary>
    public IReadOnlyList<HttpBinding> Bindings { get; }

    /// <summary>The request's etag, which If-Match fills; null where it has none.</summary>
    public FieldDescriptor? Etag { get; }

    /// <summary>Null where nothing can be waited for.</summary>
    public FieldDescriptor? WaitSeconds { get; }

    /// <summary>Null where the call does not change named fields.</summary>
    public FieldDescriptor? UpdateMask { get; }

    public FieldDescriptor? ResponseEtag { get; }

    /// <summary>The methods that may be called from outside: those with a permission that is not the services' own.</summary>
    public static IReadOnlyList<ApiMethod> All { get; } =
    [
        .. from entry in ContractCatalogue.Services
           from method in entry.Service.Methods
           let permission = ContractCatalogue.PermissionOf(ContractCatalogue.FullName(method))
           where permission is not null && !permission.StartsWith("internal.", StringComparison.Ordinal)
           select new ApiMethod(entry.Target, method, permission, method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)),
    ];

    private static FieldDescriptor? StringField(MessageDescriptor message, string name) =>
        message.FindFieldByName(name) is { FieldType: FieldType.String, IsRepeated: false } field ? field : null;
}

/// <summary>One way in which the JSON face offers a method: an HTTP method and a path.</summary>
internal sealed class HttpBinding
{
    public HttpBinding(ApiMethod method, HttpRule rule)
    {
        Method = method;
        (HttpMethod, var path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            _ => throw new FormatException($"{method.FullName} has an HTTP rule without one of the five methods."),
        };
        TakesBody = rule.Body switch
        {
            "" => false,
            "*" => true,
            _ => throw new FormatException($"{method.FullName} takes its body into the field {rule.Body}; this face knows only '*'."),
        };
        Path = PathTemplate.Parse(path);
        PathFields =
        [
            .. Path.Variables.Select(name => method.Descriptor.InputType.FindFieldByName(name)
                ?? throw new FormatException($"{path} names {name}, which {method.Descriptor.InputType.FullName} does not have.")),
        ];
        NotInQuery = TakesBody ? [.. method.Descriptor.InputType.Fields.InFieldNumberOrder()] : PathFields;
        Diagnostics = RouteName.Endpoint(path);
    }

    public ApiMethod Method { get; }

    public string HttpMethod { get; }

    public PathTemplate Path { get; }

    /// <summary>The fields of the path's variables, in their order.</summary>
    public IReadOnlyList<FieldDescriptor> PathFields { get; }

    /// <summary>The other fields come from a JSON body; without, from the query.</summary>
    public bool TakesBody { get; }

    /// <summary>The fields that the path or the body fills, and so no query.</summary>
    public IReadOnlyList<FieldDescriptor> NotInQuery { get; }

    /// <summary>What metrics and traces of ASP.NET Core read the route from.</summary>
    public Endpoint Diagnostics { get; }
}
