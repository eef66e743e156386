using Relais.Common.Hosting;
using Relais.Knowledge;

return await TargetProgram.RunAsync(new KnowledgeTarget(), args);
