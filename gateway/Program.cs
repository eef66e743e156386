using Relais.Common.Hosting;
using Relais.Gateway;

return await TargetProgram.RunAsync(new GatewayTarget(), args);
