import QtQuick
import Hall.Kiosk

// Text in one of the house's sizes; lines stand 1.4 of the type size apart.
Text {
    id: root

    property string kind: "body"
    property bool strong: false

    readonly property int size: kind === "number" ? Theme.number : kind === "question" ? Theme.question : kind === "title" ? Theme.title : kind === "label" ? Theme.label : kind === "caption" ? Theme.caption : Theme.body

    color: Theme.ink
    font.family: Theme.family
    font.pixelSize: root.size
    font.weight: root.strong ? Font.Bold : Font.Normal
    lineHeightMode: Text.FixedHeight
    lineHeight: Math.round(root.size * Theme.lineHeight)
    verticalAlignment: Text.AlignVCenter
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    renderType: Text.NativeRendering
    Accessible.role: root.kind === "question" ? Accessible.Heading : Accessible.StaticText
    Accessible.name: root.text
}
