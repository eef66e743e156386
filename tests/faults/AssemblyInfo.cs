// Each test starts a whole platform; side by side they would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
