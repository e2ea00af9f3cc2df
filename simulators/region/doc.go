// Package region makes parks of any size: whole configuration folders (gtc.yaml,
// sites/*.yaml, park.yaml) of buildings as a public social-welfare centre has
// them, made up from a seed. Everything the program reads is in the files, so
// a generated park is used, checked and changed like any other.
package region
