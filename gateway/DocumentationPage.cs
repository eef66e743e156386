using Relais.Gateway.OpenApi;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace Relais.Gateway;

/// <summary>The page that shows the API and tries it out.</summary>
internal static class DocumentationPage
{
    public const string Path = "/docs";

    public static void Map(WebApplication app) => app.UseSwaggerUI(page =>
    {
        page.RoutePrefix = Path[1..];
        page.DocumentTitle = "Relais API";
        page.SwaggerEndpoint(DescriptionEndpoint.Path, "Relais v1");
        page.DocExpansion(DocExpansion.List);
        page.DefaultModelsExpandDepth(0);
        page.DisplayRequestDuration();
        page.EnableDeepLinking();
        page.EnableFilter();
    });
}
