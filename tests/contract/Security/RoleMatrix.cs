using Grpc.Core;
using Relais.Common.Failures;
using Relais.Common.Security;

namespace Relais.Contract.Security;

/// <summary>Calls every method of every contract with every role and with no token, and compares with the approved table.</summary>
public sealed class RoleMatrix
{
    [Fact]
    public void Permissions_of_protos_and_roles_are_those_that_were_approved() =>
        Assert.Equal(PermissionTable.Approved().ToString(), PermissionTable.Current.ToString());

    [Fact]
    public async Task Method_called_with_a_role_or_without_a_token_lets_in_whom_the_table_names()
    {
        await using var platform = await GuardedPlatform.StartAsync();
        var tokens = Roles.All.Keys.ToDictionary(role => role, role => "Bearer " + platform.Tokens.OfRole(role));
        var wrong = new List<string>();
        foreach (var row in PermissionTable.Approved().Rows)
        {
            foreach (var role in Roles.All.Keys)
                Judge(row, role, row.LetsIn(role), StatusCode.PermissionDenied, "permission.denied", await platform.CallAsync(row.Method, tokens[role]), wrong);
            Judge(row, "no token", row.Roles == PermissionTable.Anybody, StatusCode.Unauthenticated, "token.missing", await platform.CallAsync(row.Method, null), wrong);
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Partner_with_one_scope_is_let_into_the_methods_of_that_scope_alone()
    {
        await using var platform = await GuardedPlatform.StartAsync();
        foreach (var scope in Roles.All[Roles.Partner])
        {
            var claims = TestTokens.Claims(Roles.Partner);
            claims["scope"] = scope;
            var token = "Bearer " + platform.Tokens.Sign(claims);
            foreach (var row in PermissionTable.Approved().Rows.Where(row => row.Roles != PermissionTable.Anybody))
            {
                var answer = await platform.CallAsync(row.Method, token);
                Assert.Equal(row.Permission == scope ? StatusCode.Unimplemented : StatusCode.PermissionDenied, answer.StatusCode);
            }
        }
    }

    [Fact]
    public void Only_administrators_can_give_roles_and_clients_can_change_experts_and_skills_alone()
    {
        Assert.Equal([Roles.Administrator], Roles.All.Where(role => role.Value.Contains("staff.write")).Select(role => role.Key));
        Assert.All(Roles.All[Roles.Partner], permission => Assert.True(
            permission.EndsWith(".read", StringComparison.Ordinal) || permission.EndsWith(".list", StringComparison.Ordinal) || permission is "experts.manage" or "skills.manage", permission));
    }

    private static void Judge(
        PermissionTable.Row row, string who, bool letIn, StatusCode refusal, string code, RpcException answer, List<string> wrong)
    {
        var expected = letIn ? (StatusCode.Unimplemented, null) : (refusal, code);
        var actual = (answer.StatusCode, FailureStatus.CodeOf(answer));
        if (actual != expected)
            wrong.Add($"{row.Method} with {who}: {actual}, not {expected}");
    }
}
