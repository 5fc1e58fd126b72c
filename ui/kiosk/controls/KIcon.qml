import QtQuick
import Hall.Kiosk

// One of the project's outline icons in one colour. It always stands beside a word.
Image {
    id: root

    required property string name
    property color ink: Theme.ink
    property real side: Theme.unit * 5

    width: root.side
    height: root.side
    sourceSize: Qt.size(Math.round(root.side), Math.round(root.side))
    source: root.name === "" ? "" : "image://drawing/icons/" + root.name + "/" + root.ink.toString().slice(1)
    fillMode: Image.PreserveAspectFit
    Accessible.ignored: true
}
