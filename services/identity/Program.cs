using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Identity;

return await TargetProgram.RunAsync(new IdentityTarget(), args, new LocalDispatcher());
