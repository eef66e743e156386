using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Gateway;

return await TargetProgram.RunAsync(new GatewayTarget(), args, new LocalDispatcher());
