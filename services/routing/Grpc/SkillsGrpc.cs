using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Features.Skills;
using Proto = Relais.Contracts.Routing.V1.Skills;

namespace Relais.Routing.Grpc;

internal sealed class SkillsGrpc(
    ListSkills listSkills, SetSkill setSkill, DeleteSkill deleteSkill, SetSkillCatalogue setCatalogue, CatalogueReader catalogue,
    ListTeams listTeams, SetTeam setTeam, DissolveTeam dissolveTeam, FormTeam formTeam, GetSkillsMatrix getMatrix) : Proto.SkillsBase
{
    public override Task<ListSkillsResponse> ListSkills(ListSkillsRequest request, ServerCallContext context) =>
        listSkills.HandleAsync(context.CancellationToken).OrThrow();

    public override Task<Skill> SetSkill(SetSkillRequest request, ServerCallContext context) =>
        setSkill.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<DeleteSkillResponse> DeleteSkill(DeleteSkillRequest request, ServerCallContext context) =>
        deleteSkill.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<SkillCatalogue> GetSkillCatalogue(GetSkillCatalogueRequest request, ServerCallContext context) =>
        catalogue.ReadAsync(context.CancellationToken);

    public override Task<SkillCatalogue> SetSkillCatalogue(SetSkillCatalogueRequest request, ServerCallContext context) =>
        setCatalogue.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListTeamsResponse> ListTeams(ListTeamsRequest request, ServerCallContext context) =>
        listTeams.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Team> SetTeam(SetTeamRequest request, ServerCallContext context) =>
        setTeam.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Team> DissolveTeam(DissolveTeamRequest request, ServerCallContext context) =>
        dissolveTeam.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Team> FormTeam(FormTeamRequest request, ServerCallContext context) =>
        formTeam.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<SkillsMatrix> GetSkillsMatrix(GetSkillsMatrixRequest request, ServerCallContext context) =>
        getMatrix.HandleAsync(request, context.CancellationToken).OrThrow();
}
