"""Programs beside the product: benchmarks, chaos experiments, fuzzing, a cluster, pictures."""
