using Relais.Common.Hosting;
using Relais.Identity;

return await TargetProgram.RunAsync(new IdentityTarget(), args);
