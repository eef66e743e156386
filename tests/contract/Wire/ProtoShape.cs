using System.Globalization;
using System.Text;
using Google.Protobuf.Reflection;
using Relais.Contracts;

namespace Relais.Contract.Wire;

/// <summary>Protos only grow: what a golden line says is still so. New lines are added with RELAIS_WRITE_GOLDEN=1.</summary>
public sealed class ProtoShape
{
    [Fact]
    public void Method_field_and_enum_value_of_the_golden_file_are_all_still_there()
    {
        var current = Describe();
        var lines = current.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var golden = Golden.Read("protos.txt", current).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(golden.Except(lines));
        Assert.Empty(lines.Except(golden));
    }

    [Fact]
    public void Every_method_names_a_permission()
    {
        var without = ContractCatalogue.Services.SelectMany(entry => entry.Service.Methods)
            .Select(ContractCatalogue.FullName).Where(name => ContractCatalogue.PermissionOf(name) is null);
        Assert.Empty(without);
    }

    [Fact]
    public void Every_method_that_changes_something_takes_a_request_id()
    {
        // Signing in is not a change that a repetition could double, and the internal call is idempotent by its contact points.
        // What was replayed or discarded is no dead letter any more.
        string[] exempt = ["CreateSession", "RefreshSession", "EndSession", "IssueClientToken", "OpenCustomerSession", "Ask", "ReplayDeadLetters", "DiscardDeadLetters"];
        var without = ContractCatalogue.Services.SelectMany(entry => entry.Service.Methods)
            .Where(method => !method.Name.StartsWith("Get", StringComparison.Ordinal) && !method.Name.StartsWith("List", StringComparison.Ordinal))
            .Where(method => !exempt.Contains(method.Name))
            .Where(method => method.InputType.FindFieldByName("request_id") is null)
            .Select(ContractCatalogue.FullName);
        Assert.Empty(without);
    }

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var file in ContractCatalogue.Services.Select(entry => entry.Service.File).SelectMany(WithDependencies).Distinct()
                     .Where(file => file.Package.StartsWith("relais.", StringComparison.Ordinal)).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            foreach (var method in file.Services.SelectMany(service => service.Methods))
                text.Append(CultureInfo.InvariantCulture, $"{ContractCatalogue.FullName(method)}({method.InputType.Name}) {method.OutputType.Name} {ContractCatalogue.PermissionOf(ContractCatalogue.FullName(method))}\n");
            foreach (var value in file.EnumTypes.SelectMany(type => type.Values))
                text.Append(CultureInfo.InvariantCulture, $"{value.FullName} = {value.Number}\n");
            foreach (var message in file.MessageTypes)
                Describe(message, text);
        }

        return text.ToString();
    }

    private static void Describe(MessageDescriptor message, StringBuilder text)
    {
        foreach (var field in message.Fields.InFieldNumberOrder())
            text.Append(CultureInfo.InvariantCulture, $"{field.FullName} = {field.FieldNumber} {(field.IsRepeated ? "repeated " : "")}{field.FieldType}\n");
        foreach (var value in message.EnumTypes.SelectMany(type => type.Values))
            text.Append(CultureInfo.InvariantCulture, $"{value.FullName} = {value.Number}\n");
        foreach (var nested in message.NestedTypes)
            Describe(nested, text);
    }

    private static IEnumerable<FileDescriptor> WithDependencies(FileDescriptor file) => file.Dependencies.SelectMany(WithDependencies).Prepend(file);
}
