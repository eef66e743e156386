using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Relais.Common.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;
using Types = Relais.Contracts.Types.V1;

namespace Relais.Identity;

/// <summary>How rows look from outside.</summary>
internal static class ProtoMapping
{
    public static Proto.Tenant ToProto(this Tenant tenant)
    {
        var proto = new Proto.Tenant { Id = tenant.TenantId, DisplayName = tenant.DisplayName, DefaultLocale = tenant.DefaultLocale, IsOperator = tenant.IsOperator };
        proto.Hosts.AddRange(tenant.Hosts.Select(host => host.Host).Order(StringComparer.Ordinal));
        return proto;
    }

    public static Proto.StaffMember ToProto(this StaffMember member)
    {
        var proto = new Proto.StaffMember
        {
            Id = member.Id.ToString(),
            Email = member.Email,
            DisplayName = member.DisplayName,
            Locale = member.Locale,
            TotpEnabled = member.TotpEnabled,
            Disabled = member.Disabled,
            CreatedAt = member.CreatedAt.ToTimestamp(),
            Etag = Etags.Of(member),
        };
        proto.Roles.AddRange(member.Roles);
        return proto;
    }

    public static Proto.Client ToProto(this MachineClient client)
    {
        var proto = new Proto.Client { ClientId = client.ClientId, DisplayName = client.DisplayName, CreatedAt = client.CreatedAt.ToTimestamp() };
        proto.Scopes.AddRange(client.Scopes);
        return proto;
    }

    public static Proto.Customer ToProto(this Customer customer)
    {
        var proto = new Proto.Customer
        {
            Id = customer.Id.ToString(),
            DisplayName = customer.DisplayName,
            Locale = customer.Locale,
            CreatedAt = customer.CreatedAt.ToTimestamp(),
            Etag = Etags.Of(customer),
            Tier = customer.Tier switch
            {
                CustomerTier.Standard => Types.CustomerTier.Standard,
                CustomerTier.Gold => Types.CustomerTier.Gold,
                CustomerTier.Vip => Types.CustomerTier.Vip,
                _ => throw new UnreachableException(),
            },
        };
        proto.ContactPoints.AddRange(customer.ContactPoints
            .OrderBy(point => point.Kind, StringComparer.Ordinal).ThenBy(point => point.Address, StringComparer.Ordinal)
            .Select(point => new Proto.ContactPoint { Kind = point.Kind, Address = point.Address }));
        return proto;
    }
}
