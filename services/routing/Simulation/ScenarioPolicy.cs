using System.Text.Json.Nodes;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Features.Policies;
using ProtoDefinition = Relais.Contracts.Routing.V1.PolicyDefinition;

namespace Relais.Routing.Simulation;

/// <summary>Reads a policy's JSON as the public API does.</summary>
/// <param name="policy">Takes what was read.</param>
/// <returns>What is wrong, at which field; null when nothing is.</returns>
internal delegate FieldViolation? PolicyJson(string json, ProtoDefinition policy);

/// <summary>A whole policy to simulate: what the public API takes as the definition of the group <c>default</c>.</summary>
internal static class ScenarioPolicy
{
    /// <summary>Reads a policy from a file of its own, or tells everything that is wrong with it.</summary>
    /// <param name="experts">What they can do are the skills that a policy may name.</param>
    public static (PolicyDefinition? Policy, IReadOnlyList<string> Problems) Read(string json, IReadOnlyList<SimulatedExpert> experts, PolicyJson policyJson) =>
        Read(json, BookOf(experts), policyJson);

    /// <inheritdoc cref="Read(string, IReadOnlyList{SimulatedExpert}, PolicyJson)"/>
    /// <param name="book">Among whose groups and with whose skills the policy is to stand.</param>
    public static (PolicyDefinition? Policy, IReadOnlyList<string> Problems) Read(string json, RoutingBook book, PolicyJson policyJson)
    {
        var problems = new List<string>();
        var policy = ScenarioFile.Parse(json, "A policy", problems) is { } given ? Read(given, "", book, policyJson, problems) : null;
        return (policy, problems);
    }

    /// <param name="place">Where it is in its file.</param>
    public static PolicyDefinition? Read(JsonNode given, string place, IReadOnlyList<SimulatedExpert> experts, PolicyJson policyJson, List<string> problems) =>
        Read(given, place, BookOf(experts), policyJson, problems);

    private static RoutingBook BookOf(IReadOnlyList<SimulatedExpert> experts)
    {
        var skills = experts.SelectMany(expert => expert.Skills).Select(skill => skill.Key).Distinct(StringComparer.OrdinalIgnoreCase);
        return new RoutingBook(new SkillCatalogue(skills.Select(skill => new CatalogueSkill(skill, "", "", "", [])), closed: true), [], [], []);
    }

    private static PolicyDefinition? Read(JsonNode given, string place, RoutingBook book, PolicyJson policyJson, List<string> problems)
    {
        var message = new ProtoDefinition();
        if (policyJson(given.ToJsonString(), message) is { } fault)
        {
            problems.Add(Told(fault.Field, fault.Message));
            return null;
        }

        var check = new Check();
        var policy = new PolicyForm(PolicyDefinition.DefaultGroup, book, check).Read(message);
        problems.AddRange((check.Failure?.Fields ?? []).Select(violation => Told(violation.Field[PolicyForm.Root.Length..].TrimStart('.'), violation.Message)));
        return check.Failure is null ? policy : null;

        string Told(string field, string what) => $"{(place.Length > 0 && field.Length > 0 ? $"{place}.{field}" : place + field)}: {what}";
    }
}
