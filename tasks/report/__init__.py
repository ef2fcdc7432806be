"""`doit report`: what is rendered, in one HTML file: state, findings, images, differences and who talks to whom."""
