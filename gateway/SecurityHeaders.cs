namespace Relais.Gateway;

/// <summary>Tells browsers to be careful with what the gateway answers, and everybody not to keep it.</summary>
internal static class SecurityHeaders
{
    /// <summary>An answer of the API is no page: nothing in it may run or load.</summary>
    private const string ApiPolicy = "default-src 'none'; frame-ancestors 'none'";

    // Swagger UI sets style attributes, draws its icons from data addresses, and checks the document it shows.
    private const string DocumentationPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static Task SetAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(static state =>
        {
            var context = (HttpContext)state;
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments(DocumentationPage.Path, StringComparison.Ordinal) ? DocumentationPolicy : ApiPolicy;
            if (headers.CacheControl.Count == 0)
                headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }, context);
        return next(context);
    }
}
