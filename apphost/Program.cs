using Relais.AppHost;

return await Commands.RunAsync(args);
