package alert

import "github.com/cpas-charleroi/gtc/internal/config/strict"

// BookPlaces tells where in the file of a book its parts stand, by the paths of
// [notify.Mistake]. What is wrong in it [ParseBook] says.
func BookPlaces(file string, data []byte) *strict.Document {
	var f bookFile
	doc, _ := strict.Decode(file, data, &f)
	return doc
}
