// Planted faults, to show that the comparison with the published engine would notice one.
//
// Only tests/policy builds with WEIR_POLICY_MUTANTS; anywhere else WEIR_MUTANT(n) is the constant false.
#pragma once

#ifdef WEIR_POLICY_MUTANTS
namespace weir::policy {
extern int planted_mutant;  // 0: none
}
#define WEIR_MUTANT(n) (::weir::policy::planted_mutant == (n))
#else
#define WEIR_MUTANT(n) false
#endif
