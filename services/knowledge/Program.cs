using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Knowledge;

return await TargetProgram.RunAsync(new KnowledgeTarget(), args, new LocalDispatcher());
