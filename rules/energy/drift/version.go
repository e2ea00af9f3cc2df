package drift

// Version names the way the detector judges; it is part of every finding.
const Version = "drift/3"
