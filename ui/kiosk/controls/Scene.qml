import QtQuick
import Hall.Kiosk

// A line drawing that shows where something is on this machine, in the colours in use.
Image {
    id: root

    required property string name

    source: "image://drawing/scenes/" + root.name + "/" + Theme.look
    sourceSize: Qt.size(Math.round(root.width), Math.round(root.height))
    fillMode: Image.PreserveAspectFit
    Accessible.role: Accessible.Graphic
    Accessible.name: T.t("scene." + root.name)
}
